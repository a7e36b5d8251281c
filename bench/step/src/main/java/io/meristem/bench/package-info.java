/** Whole training steps, timed side by side in one process, and loss curves for comparison with other software. */
package io.meristem.bench;
