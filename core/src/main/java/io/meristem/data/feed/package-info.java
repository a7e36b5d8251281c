/**
 * Photos in, batches out.
 *
 * <p>{@link io.meristem.data.feed.PixelCache} decodes each photo of a folder once, to the scale that
 * {@link io.meristem.data.image.Preprocess} asks for, and {@link io.meristem.data.feed.Loader} turns them into batches, with
 * {@link io.meristem.data.feed.Augmentation} in training. {@link io.meristem.data.feed.PhotoStream} decodes ahead for prediction.
 */
package io.meristem.data.feed;
