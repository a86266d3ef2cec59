// The statement of docs/protocol.md, section 4, a second time: written from that page, in another language and on other
// people's building blocks (circomlib), so that its verdicts can be compared with those of the circuit `poa/1`.
//
// It makes no proofs and has no key. A template for each clause, in the page's order and under its names. Public inputs
// are the page's, in its order. So are the private ones, but that `k` comes in bits, and that `leaf` and
// `context_squared` follow: as the prover claims them, so that false ones can be claimed.
pragma circom 2.2.0;

include "babyjub.circom";
include "bitify.circom";
include "comparators.circom";
include "poseidon.circom";
include "switcher.circom";

// 2·p on the twisted Edwards curve 168700·x² + y² = 1 + 168696·x²·y².
function doubled(p) {
    var x2 = p[0] * p[0];
    var y2 = p[1] * p[1];
    var cross = 168696 * x2 * y2;
    return [2 * p[0] * p[1] / (1 + cross), (y2 - 168700 * x2) / (1 - cross)];
}

template IsBit() {
    signal input in;
    in * (in - 1) === 0;
}

// k·B8 for 251 boolean bits, lowest first, by circomlib's complete addition: of 2^i·B8 where bit i is set, else of the
// identity (0, 1). circomlib's EscalarMulFix is not taken: it adds in Montgomery form, which is incomplete.
template MultipleOfBase8() {
    signal input k[251];
    signal output x;
    signal output y;

    var power[2] = [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];
    component sum[251];
    for (var i = 0; i < 251; i++) {
        IsBit()(k[i]);
        sum[i] = BabyAdd();
        sum[i].x1 <== i == 0 ? 0 : sum[i - 1].xout;
        sum[i].y1 <== i == 0 ? 1 : sum[i - 1].yout;
        sum[i].x2 <== k[i] * power[0];
        sum[i].y2 <== k[i] * (power[1] - 1) + 1;
        power = doubled(power);
    }
    x <== sum[250].xout;
    y <== sum[250].yout;
}

// 1. K = k·B8, I = H_2(K.x, K.y), N = H_1(n).
template Holder() {
    signal input k[251];
    signal input n;
    signal output identity;
    signal output pseudonym;

    component K = MultipleOfBase8();
    K.k <== k;
    identity <== Poseidon(2)([K.x, K.y]);
    pseudonym <== Poseidon(1)([n]);
}

// 2. The leaf that the opening hashes to is not 0 and leads to root in 32 steps. Where the index has a bit, lowest first,
// the node is its parent's right child.
template Membership() {
    signal input root;
    signal input opening[12];
    signal input leaf;
    signal input siblings[32];
    signal input index[32];

    signal hashed <== Poseidon(12)(opening);
    hashed === leaf;
    signal no_leaf <== IsZero()(leaf);
    no_leaf === 0;

    signal node[33];
    node[0] <== leaf;
    component children[32];
    for (var level = 0; level < 32; level++) {
        IsBit()(index[level]);
        children[level] = Switcher();
        children[level].sel <== index[level];
        children[level].L <== node[level];
        children[level].R <== siblings[level];
        node[level + 1] <== Poseidon(2)([children[level].outL, children[level].outR]);
    }
    node[32] === root;
}

// 3. nullifier = H_2(scope, n).
template Pseudonym() {
    signal input scope;
    signal input nullifier;
    signal input n;

    signal computed <== Poseidon(2)([scope, n]);
    computed === nullifier;
}

// 4. subject is 0 or the agent, and the agent is not 0.
template Subject() {
    signal input subject;
    signal input agent;

    subject * (subject - agent) === 0;
    signal no_agent <== IsZero()(agent);
    no_agent === 0;
}

// 5. The mask has six bits, and disclosed_i = m_i·a_i.
template Disclosure() {
    signal input mask;
    signal input disclosed[6];
    signal input attributes[6];

    signal m[6] <== Num2Bits(6)(mask);
    for (var i = 0; i < 6; i++) {
        m[i] * attributes[i] === disclosed[i];
    }
}

template InBits(width) {
    signal input in;
    signal bits[width] <== Num2Bits(width)(in);
}

// 6. 0 <= lower <= a <= upper < 2^width, as integers.
template Bounds(width) {
    signal input lower;
    signal input attribute;
    signal input upper;

    InBits(width)(lower);
    InBits(width)(upper);
    InBits(width)(attribute - lower);
    InBits(width)(upper - attribute);
}

// 7. required and slot 4 are below 2^64, and every bit of required is set in slot 4.
template Capabilities() {
    signal input required;
    signal input attribute;

    signal asked[64] <== Num2Bits(64)(required);
    signal has[64] <== Num2Bits(64)(attribute);
    for (var i = 0; i < 64; i++) {
        asked[i] * (1 - has[i]) === 0;
    }
}

// 8. valid_at <= expires_at, both below 2^40.
template Freshness() {
    signal input valid_at;
    signal input expires_at;

    InBits(40)(valid_at);
    InBits(40)(expires_at);
    InBits(40)(expires_at - valid_at);
}

// 9. context takes part in the proof.
template Context() {
    signal input context;
    signal input context_squared;

    context * context === context_squared;
}

template Statement() {
    signal input root;
    signal input context;
    signal input scope;
    signal input nullifier;
    signal input schema;
    signal input subject;
    signal input valid_at;
    signal input mask;
    signal input disclosed[6];
    signal input lower[4];
    signal input upper[4];
    signal input required;

    signal input k[251];
    signal input n;
    signal input agent;
    signal input a[6];
    signal input expires_at;
    signal input salt;
    signal input siblings[32];
    signal input index[32];
    signal input leaf;
    signal input context_squared;

    component holder = Holder();
    holder.k <== k;
    holder.n <== n;
    Membership()(
        root,
        [
            holder.identity, holder.pseudonym, agent, schema,
            a[0], a[1], a[2], a[3], a[4], a[5],
            expires_at, salt
        ],
        leaf,
        siblings,
        index
    );
    Pseudonym()(scope, nullifier, n);
    Subject()(subject, agent);
    Disclosure()(mask, disclosed, a);
    for (var slot = 0; slot < 4; slot++) {
        Bounds(slot == 0 ? 14 : 64)(lower[slot], a[slot], upper[slot]);
    }
    Capabilities()(required, a[4]);
    Freshness()(valid_at, expires_at);
    Context()(context, context_squared);
}

component main {
    public [
        root, context, scope, nullifier, schema, subject, valid_at, mask, disclosed, lower, upper, required
    ]
} = Statement();
