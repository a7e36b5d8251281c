/** How much rank each layer gets and when that changes: docs/method.md as small functions of numbers. */
package io.meristem.rank;
