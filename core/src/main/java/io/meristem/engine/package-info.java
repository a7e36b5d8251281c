/** The seam to libtorch: its start, threads, seeds and versions, and who owns native memory. */
package io.meristem.engine;
