/**
 * Photo folders: which files are photos, which classes and sides there are, which photos belong together.
 *
 * <p>{@link io.meristem.data.folder.ImageFolder} is a folder that has been read and divided; {@link io.meristem.data.folder.SplitOptions} say how. Nothing
 * is decoded here.
 */
package io.meristem.data.folder;
