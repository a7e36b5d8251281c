package io.meristem.synth;

import java.awt.image.BufferedImage;

/**
 * A drawn leaf picture with the truth about it.
 *
 * @param image the picture, TYPE_INT_RGB, size x size
 * @param mask TYPE_BYTE_GRAY, size x size: 255 where a symptom is visible, else 0; all 0 exactly for the healthy class
 */
public record LeafPicture(BufferedImage image, BufferedImage mask) {}
