/**
 * Pictures as pixels: decoding, resizing, normalising, changing colours, turning, and noise.
 *
 * <p>{@link io.meristem.data.image.ImageDecoder} reads a file into an {@link io.meristem.data.image.RgbImage}, {@link io.meristem.data.image.Resampler}
 * resizes it, and {@link io.meristem.data.image.Preprocess} does what a network asks for; prediction on single files needs no more. Nothing here knows of
 * data sets.
 */
package io.meristem.data.image;
