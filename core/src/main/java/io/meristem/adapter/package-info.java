/** Low-rank updates on the weights of a frozen network: what they cost, how they run, how they are merged. */
package io.meristem.adapter;
