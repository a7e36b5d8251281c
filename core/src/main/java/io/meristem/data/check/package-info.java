/**
 * Looks for what is wrong with a photo folder before anybody trains on it: files that cannot be read, copies within and across sides and
 * classes, groups on two sides, classes too small, tiny pictures, and classes that give themselves away by their background, colour or size.
 *
 * <p>{@link io.meristem.data.check.DataCheck} puts it together. A {@link io.meristem.data.check.Finding} is one sentence with numbers and one with the
 * mend. No engine: all of it is plain arithmetic on 32 x 32 pixels of each photo ({@code Look}).
 */
package io.meristem.data.check;
