/** The operations that networks are made of, a file each, and the tensors that a network keeps for one. */
package io.meristem.op;
