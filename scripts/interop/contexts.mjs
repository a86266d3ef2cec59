// A document loader: published contexts from packages and from here, everything of the service from the service.

import { httpClient } from "@digitalbazaar/http-client";
import { contexts as credentials } from "@digitalbazaar/credentials-context";
import dataIntegrity from "@digitalbazaar/data-integrity-context";
import multikey from "@digitalbazaar/multikey-context";
import did from "did-context";

/** https://w3id.org/security/jwk/v1, W3C vc-data-integrity, contexts/jwk/v1; no package has it. */
const JWK = {
  "@context": {
    id: "@id",
    type: "@type",
    "@protected": true,
    JsonWebKey: {
      "@id": "https://w3id.org/security#JsonWebKey",
      "@context": {
        "@protected": true,
        id: "@id",
        type: "@type",
        controller: { "@id": "https://w3id.org/security#controller", "@type": "@id" },
        publicKeyJwk: { "@id": "https://w3id.org/security#publicKeyJwk", "@type": "@json" },
        secretKeyJwk: { "@id": "https://w3id.org/security#secretKeyJwk", "@type": "@json" },
      },
    },
  },
};

/** Contexts by their URLs, from their publishers' packages. */
export const PUBLISHED = new Map([
  ...credentials,
  ...did.contexts,
  ...multikey.contexts,
  ...dataIntegrity.contexts,
  ["https://w3id.org/security/jwk/v1", JWK],
]);

/** What software that loads by URL sees of a service at `url`. Nothing else is loaded. */
export function documentLoader(url) {
  const get = async (path) => (await httpClient.get(url + path)).data;
  return async (documentUrl) => {
    const loaded = (document) => ({ contextUrl: null, documentUrl, document, tag: "static" });
    if (PUBLISHED.has(documentUrl)) return loaded(PUBLISHED.get(documentUrl));
    if (documentUrl.startsWith(`${url}/`)) return loaded(await get(documentUrl.slice(url.length)));
    if (documentUrl.startsWith("did:")) return loaded(await get(`/1.0/identifiers/${encodeURIComponent(documentUrl)}`));
    throw new Error(`NotFoundError: ${documentUrl}`);
  };
}
