/** Several processes at one training: what they exchange, by libtorch's own c10d and Gloo, and starting them on one machine. */
package io.meristem.workers;
