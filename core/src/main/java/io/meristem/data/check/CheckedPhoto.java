package io.meristem.data.check;

import io.meristem.data.folder.Photo;

/**
 * A photo that could be read.
 *
 * @param width of the decoded photo in pixels; 0 where only its shorter side is known
 * @param height likewise
 * @param shortSide the shorter of the two
 * @param sha256 of the file, in hex
 */
record CheckedPhoto(Photo photo, int width, int height, int shortSide, String sha256, PhotoDescriptor look) {

    String path() {
        return photo.relative();
    }
}
