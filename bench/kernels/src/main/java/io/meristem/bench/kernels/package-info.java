/**
 * What the benchmarks share. The benchmarks themselves lie in the packages that they measure, since they call what those do not publish.
 */
package io.meristem.bench.kernels;
