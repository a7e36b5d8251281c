/** Networks as trees of layers with the dotted names of their home libraries, and the four families. */
package io.meristem.nn;
