/** Fine-tuning methods and the one loop that runs them. */
package io.meristem.tune;
