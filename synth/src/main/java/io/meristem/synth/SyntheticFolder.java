package io.meristem.synth;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Outputs;
import io.meristem.Setting;
import io.meristem.data.folder.ImageFolder;
import io.meristem.data.image.JpegEncoder;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Writes a folder of drawn pictures: {@code train|val|test/<class>/NNNN.jpg}, a {@code manifest.csv} (path, class, split, group, seed) and a
 * {@code SYNTHETIC.txt} that says what they are. The folder is there whole or not at all.
 */
public final class SyntheticFolder {
    /** The note that marks a folder as drawn. */
    public static final String NOTE = ImageFolder.DRAWN;

    /** The table of pictures: path, class, split, group, seed. */
    public static final String MANIFEST = "manifest.csv";

    /** Told after each picture; calls come one at a time, from the thread that called {@link #write}. */
    @FunctionalInterface
    public interface Progress {
        void drawn(int pictures, int of);
    }

    /** Draws the picture of a number. */
    private interface Brush {
        BufferedImage paint(long seed, int number);
    }

    private record DrawnClass(String name, Brush brush) {}

    private record Picture(DrawnClass subject, String split, long seed, int number) {
        String path() {
            return String.format(Locale.ROOT, "%s/%s/%04d.jpg", split, subject.name(), number);
        }
    }

    private final SynthOptions options;
    private final List<DrawnClass> subjects;

    private SyntheticFolder(SynthOptions options) {
        this.options = options;
        subjects = options.kind() == SynthOptions.Kind.LEAVES ? leaves(options) : patterns(options);
    }

    /**
     * Draws the folder on all processors.
     *
     * @param out a folder that does not exist yet or is empty
     * @throws InputException when {@code out} holds something already or cannot be made
     * @throws IOException when a file cannot be written; nothing is left behind then
     */
    public static void write(Path out, SynthOptions options, Progress progress) throws IOException {
        Path target = out.toAbsolutePath().normalize();
        refuseOccupied(target);
        Outputs.requireFolder(target, Setting.OUT);
        Path temporary = temporaryBeside(target);
        try {
            new SyntheticFolder(options).draw(temporary, progress);
            openLikeItsContents(temporary);
            refuseOccupied(target);
            Files.deleteIfExists(target);
            Files.move(temporary, target);
        } finally {
            delete(temporary);
        }
    }

    private static void refuseOccupied(Path target) throws IOException {
        if (Files.isDirectory(target)) {
            try (Stream<Path> entries = Files.list(target)) {
                if (entries.findAny().isPresent()) {
                    throw new InputException(
                            ErrorCode.ALREADY_THERE,
                            "the folder %s is not empty; name a new folder for the drawn pictures, or empty this one first.",
                            target);
                }
            }
        } else if (Files.exists(target)) {
            throw new InputException(
                    ErrorCode.WRONG_KIND, "the path %s is no folder; name a new one for the drawn pictures.", target);
        }
    }

    /** Temporary folders are made private to their owner; a data set is an ordinary folder, as open as those made inside it. */
    private static void openLikeItsContents(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(folder, Files.getPosixFilePermissions(folder.resolve("train")));
        }
    }

    private static Path temporaryBeside(Path target) throws IOException {
        try {
            Files.createDirectories(target.getParent());
            return Files.createTempDirectory(target.getParent(), "." + target.getFileName() + ".");
        } catch (FileAlreadyExistsException | AccessDeniedException e) {
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "no folder can be made at %s (%s is a file or may not be written to); name another place for the drawn pictures.",
                    target,
                    e.getFile());
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> paths;
        try (Stream<Path> walk = Files.walk(folder)) {
            paths = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : paths) {
            Files.deleteIfExists(path);
        }
    }

    private void draw(Path folder, Progress progress) throws IOException {
        List<Picture> pictures = plan();
        for (Picture picture : pictures) {
            if (picture.number() == 0) {
                Files.createDirectories(folder.resolve(picture.path()).getParent());
            }
        }
        Files.writeString(folder.resolve(NOTE), note());
        Files.writeString(folder.resolve(MANIFEST), manifest(pictures));
        ExecutorService pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors());
        try {
            ExecutorCompletionService<Picture> work = new ExecutorCompletionService<>(pool);
            for (Picture picture : pictures) {
                work.submit(() -> {
                    BufferedImage image = picture.subject().brush().paint(picture.seed(), picture.number());
                    Files.write(folder.resolve(picture.path()), JpegEncoder.encode(image, options.jpegQuality()));
                    return picture;
                });
            }
            for (int done = 1; done <= pictures.size(); done++) {
                Future<Picture> next = work.take();
                next.get();
                progress.drawn(done, pictures.size());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("drawing was interrupted");
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } finally {
            stop(pool);
        }
    }

    /** Ends the pool and waits for pictures under way, so that none appears in a folder already being removed. */
    private static void stop(ExecutorService pool) {
        pool.shutdownNow();
        boolean interrupted = Thread.interrupted();
        while (!pool.isTerminated()) {
            try {
                pool.awaitTermination(1, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static IOException failure(Throwable cause) {
        if (cause instanceof IOException io) {
            return io;
        }
        if (cause instanceof UncheckedIOException unchecked) {
            return unchecked.getCause();
        }
        if (cause instanceof RuntimeException runtime) {
            throw runtime;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new IOException(cause);
    }

    private List<Picture> plan() {
        List<Picture> pictures = new ArrayList<>();
        String[] splits = {"train", "val", "test"};
        int[] counts = {options.perClassTrain(), options.perClassVal(), options.perClassTest()};
        for (int s = 0; s < splits.length; s++) {
            // Each split has a seed of its own: no leaf individual occurs in two.
            long seed = Rng.key(options.seed(), s);
            for (DrawnClass subject : subjects) {
                for (int number = 0; number < counts[s]; number++) {
                    pictures.add(new Picture(subject, splits[s], seed, number));
                }
            }
        }
        return pictures;
    }

    private static List<DrawnClass> leaves(SynthOptions options) {
        LeafPainter painter = new LeafPainter(options.leaf());
        int share = options.photosPerLeaf();
        List<DrawnClass> subjects = new ArrayList<>();
        for (LeafClass leafClass : LeafClass.values()) {
            subjects.add(new DrawnClass(leafClass.folder(), (seed, number) -> painter.paintWithMask(
                            leafClass, seed, number / share, number % share, options.size())
                    .image()));
        }
        return subjects;
    }

    private static List<DrawnClass> patterns(SynthOptions options) {
        PatternPainter painter = new PatternPainter();
        List<DrawnClass> subjects = new ArrayList<>();
        for (int c = 0; c < painter.classes(); c++) {
            int pattern = c;
            subjects.add(new DrawnClass(
                    painter.name(c), (seed, number) -> painter.paint(pattern, seed, number, options.size())));
        }
        return subjects;
    }

    private String manifest(List<Picture> pictures) {
        StringBuilder csv = new StringBuilder("path,class,split,group,seed\n");
        for (Picture p : pictures) {
            String name = p.subject().name();
            int group = p.number() / options.photosPerLeaf();
            csv.append(p.path())
                    .append(',')
                    .append(name)
                    .append(',')
                    .append(p.split())
                    .append(',');
            csv.append(String.format(Locale.ROOT, "%s-%s-%04d", p.split(), name, group));
            csv.append(',').append(p.seed()).append('\n');
        }
        return csv.toString();
    }

    private String note() {
        boolean leaves = options.kind() == SynthOptions.Kind.LEAVES;
        String subject = leaves ? "plant leaves with symptoms" : "geometric and natural-looking patterns";
        return String.format(
                Locale.ROOT,
                """
                SYNTHETIC PICTURES

                Every picture in this folder was drawn by a program (Meristem). None is a photograph.
                They show %s and serve to try out and test image classifiers.
                An accuracy reached here says nothing about real plants.

                Options: %s
                """,
                subject,
                options);
    }
}
