/**
 * Photos in, batches out.
 *
 * <p>{@link io.meristem.data.ImageFolder} lists and divides the files, {@link io.meristem.data.PixelCache} decodes each once
 * ({@link io.meristem.data.ImageDecoder}, {@link io.meristem.data.Resampler}) to the scale that {@link io.meristem.data.Preprocess} asks for, and
 * {@link io.meristem.data.Loader} turns them into batches, with {@link io.meristem.data.Augmentation} in training. Prediction on single files takes the
 * same way through {@link io.meristem.data.Preprocess#apply}.
 */
package io.meristem.data;
