/** Measures of a classifier from its probabilities: numbers in, numbers out. */
package io.meristem.eval;
