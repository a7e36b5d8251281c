package io.meristem.data.check;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.data.feed.PixelCache;
import io.meristem.data.feed.ProgressListener;
import io.meristem.data.feed.Workers;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.folder.Photo;
import io.meristem.data.image.ImageDecoder;
import io.meristem.data.image.RgbImage;
import io.meristem.data.image.UnreadableImageException;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * All photos of a folder, looked at once.
 *
 * @param photos those that can be read, in the folder's order
 * @param unreadable paths and reasons of the files that cannot
 */
record Reading(List<CheckedPhoto> photos, List<UnreadableFile> unreadable) {

    record UnreadableFile(String path, String reason) {}

    /** Reads and decodes every file. */
    static Reading ofFiles(ImageFolder folder, int threads, ProgressListener progress) {
        List<Photo> photos = folder.photos();
        CheckedPhoto[] seen = new CheckedPhoto[photos.size()];
        UnreadableFile[] failed = new UnreadableFile[photos.size()];
        int[] done = {0};
        run(threads, photos.size(), i -> {
            Photo photo = photos.get(i);
            try {
                seen[i] = ImageDecoder.decode(photo.file(), new Looking(photo));
            } catch (UnreadableImageException e) {
                failed[i] = new UnreadableFile(photo.relative(), e.reason());
            }
            synchronized (done) {
                progress.update(++done[0], photos.size());
            }
        });
        return of(folder, seen, failed);
    }

    /** From the pixels that are decoded already, and the files' headers and hashes. */
    static Reading ofCache(ImageFolder folder, PixelCache cache, int threads) {
        List<Photo> photos = cache.photos();
        Map<String, String> hashes = folder.contentHashes();
        CheckedPhoto[] seen = new CheckedPhoto[photos.size()];
        UnreadableFile[] failed = new UnreadableFile[photos.size()];
        run(threads, photos.size(), i -> {
            Photo photo = photos.get(i);
            try {
                int side = ImageDecoder.shortSide(photo.file());
                String hash = Objects.requireNonNull(hashes.get(photo.relative()));
                seen[i] = new CheckedPhoto(photo, 0, 0, side, hash, PhotoDescriptor.of(cache.image(photo)));
            } catch (UnreadableImageException e) {
                failed[i] = new UnreadableFile(photo.relative(), e.reason());
            }
        });
        Reading reading = of(folder, seen, failed);
        List<UnreadableFile> unreadable = new ArrayList<>(reading.unreadable());
        cache.unreadable()
                .forEach(u -> unreadable.add(new UnreadableFile(u.photo().relative(), u.reason())));
        return new Reading(reading.photos(), unreadable);
    }

    private static void run(int threads, int count, Workers.Task task) {
        try {
            Workers.forEach(threads, count, task);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE, e, "The photos cannot be read (%s): check the disk.", InputFiles.reason(e));
        }
    }

    private static Reading of(ImageFolder folder, CheckedPhoto[] seen, UnreadableFile[] failed) {
        List<UnreadableFile> unreadable =
                new ArrayList<>(Arrays.stream(failed).filter(Objects::nonNull).toList());
        folder.skipped().stream()
                .filter(ImageFolder.Skipped::image)
                .forEach(s -> unreadable.add(new UnreadableFile(s.relative(), s.reason())));
        return new Reading(Arrays.stream(seen).filter(Objects::nonNull).toList(), unreadable);
    }

    private static final class Looking implements ImageDecoder.Use<CheckedPhoto> {

        private final Photo photo;
        private String sha256;

        Looking(Photo photo) {
            this.photo = photo;
        }

        @Override
        public void contents(byte[] file) {
            sha256 = sha256(file);
        }

        @Override
        public CheckedPhoto of(RgbImage image) {
            int width = image.width();
            int height = image.height();
            return new CheckedPhoto(photo, width, height, Math.min(width, height), sha256, PhotoDescriptor.of(image));
        }
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
