//! Circuit and native reference agree, on honest statements and on lies; no wire can move alone.
