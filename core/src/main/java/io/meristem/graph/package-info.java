/** A network's topology as plain data: no tensors, and the engine is not started for it. */
package io.meristem.graph;
