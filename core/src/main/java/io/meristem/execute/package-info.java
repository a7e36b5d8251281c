/** Networks with their tensors, and how a graph is run: what is kept, overwritten, freed and computed again. */
package io.meristem.execute;
