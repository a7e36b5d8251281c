package io.meristem.artifact;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Limit;
import io.meristem.Message;
import io.meristem.Setting;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The folder of photos that a run's configuration names. A run may come from a stranger, whose configuration may name a whole disk: before anything walks through
 * the folder it must be there, be none of the system's own, and hold a folder for each class of the run, directly or one folder deeper.
 */
public final class StoredPhotos {

    /** Where files are no files; and the root of a disk is never a folder of photos. */
    private static final List<String> SYSTEM = List.of("/proc", "/sys", "/dev");

    private final Set<String> names = new HashSet<>();
    private long left = Limit.DATA_ENTRIES.value();

    private StoredPhotos() {}

    /**
     * A run's photos, as far as they are there.
     *
     * @param missing classes without a folder, in label order
     */
    public record Present(Path place, List<String> missing) {}

    /**
     * @param classes of the run
     * @return the folder
     * @throws InputException that asks for where they are, also where the folder of a class is missing
     */
    public static Path of(Path run, RunConfig.Data data, List<String> classes) {
        Present found = find(run, data, classes);
        if (!found.missing.isEmpty()) {
            throw lacks(run, found);
        }
        return found.place;
    }

    /**
     * The same for what can do with some of the classes.
     *
     * @throws InputException that asks for where they are, where no class has a folder
     */
    public static Present some(Path run, RunConfig.Data data, List<String> classes) {
        Present found = find(run, data, classes);
        if (found.missing.size() == classes.size()) {
            throw lacks(run, found);
        }
        return found;
    }

    private static InputException lacks(Path run, Present found) {
        return new InputException(
                ErrorCode.MISMATCH,
                "The run in %s had its photos in %s, where there is no folder of its class %s now%s",
                run,
                found.place,
                found.missing.get(0),
                asks());
    }

    private static Message asks() {
        return Message.of(": say where they are now (%s), or put them back there to resume the run.", Setting.DATA);
    }

    private static Present find(Path run, RunConfig.Data data, List<String> classes) {
        Path place = data.place();
        Message asks = asks();
        if (!place.isAbsolute()) {
            throw new InputException(
                    ErrorCode.NOT_FOUND, "The run in %s names its photos by the relative path %s%s", run, place, asks);
        }
        if (!Files.isDirectory(place)) {
            throw new InputException(
                    ErrorCode.NOT_FOUND, "The run in %s had its photos in %s, which is no folder%s", run, place, asks);
        }
        Path real;
        StoredPhotos inside = new StoredPhotos();
        try {
            real = place.toRealPath();
            if (real.getNameCount() == 0 || SYSTEM.stream().anyMatch(real::startsWith)) {
                throw new InputException(
                        ErrorCode.NOT_FOUND,
                        "The run in %s says that its photos are in %s, which is no folder of photos%s",
                        run,
                        place,
                        asks);
            }
            inside.hold(real, classes);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE,
                    e,
                    "The photos of the run in %s in %s cannot be looked at (%s)%s",
                    run,
                    place,
                    InputFiles.reason(e),
                    asks);
        }
        return new Present(
                place,
                classes.stream()
                        .filter(name -> !inside.names.contains(plain(name)))
                        .toList());
    }

    /** Notes names of folders until all classes are among them. */
    private void hold(Path root, List<String> classes) throws IOException {
        List<Path> first = list(root);
        for (Path side : first) {
            if (holdAll(classes)) {
                return;
            }
            list(side);
        }
    }

    private boolean holdAll(List<String> classes) {
        return classes.stream().allMatch(name -> names.contains(plain(name)));
    }

    /** Folders within a folder, as far as the limit allows; their names are noted. */
    private List<Path> list(Path folder) throws IOException {
        List<Path> folders = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                if (left-- <= 0) {
                    break;
                }
                if (Files.isDirectory(entry)) {
                    folders.add(entry);
                    names.add(plain(entry.getFileName().toString()));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return folders;
    }

    /** However the system, or what carried the photos here, writes the name. */
    private static String plain(String name) {
        return Normalizer.normalize(name, Normalizer.Form.NFC).strip().toLowerCase(Locale.ROOT);
    }
}
