/** Kernels of our own, in Java's vectors, for what the engine computes slowly. They see plain memory, no networks. */
package io.meristem.kernel;
