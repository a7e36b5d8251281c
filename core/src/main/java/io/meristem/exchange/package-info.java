/** Trained networks for other programs and from them: what is exported and imported, in whose names, and what is said about it. */
package io.meristem.exchange;
