package io.meristem;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * All that lies below a folder, which may be a stranger's. Links are followed, and each real folder is read once: at its own place where that is below the
 * root, otherwise through the first link in path order. So cycles end, and thirty links do not make a billion paths. A link to a folder around it is passed
 * over, as are dead links, pipes and devices; depth and number of entries are bounded. Nothing is opened but folders.
 */
public final class FolderWalk {

    /** Why something was passed over. */
    public enum Reason {
        DEAD_LINK("a link that leads nowhere"),
        LEADS_BACK("a link to a folder around it"),
        READ_ALREADY("a folder that is read already, by another path"),
        SPECIAL("no ordinary file"),
        UNREADABLE("cannot be opened");

        private final String words;

        Reason(String words) {
            this.words = words;
        }

        /** For people. */
        public String words() {
            return words;
        }
    }

    /** Something that is not walked into, nor a file to read. */
    public record PassedOver(Path path, Reason reason) {}

    /**
     * An ordinary file, or a link to one.
     *
     * @param size in bytes
     */
    public record File(Path path, long size) {

        public String name() {
            return path.getFileName().toString();
        }
    }

    /** A folder and what is in it, each sorted by name. */
    public static final class Folder {

        private final Path path;
        private final Path real;
        private final int depth;
        private final List<Folder> folders = new ArrayList<>();
        private final List<File> files = new ArrayList<>();

        private Folder(Path path, Path real, int depth) {
            this.path = path;
            this.real = real;
            this.depth = depth;
        }

        /** As it was come by, through links. */
        public Path path() {
            return path;
        }

        public String name() {
            return path.getFileName() == null ? "" : path.getFileName().toString();
        }

        public List<Folder> folders() {
            return Collections.unmodifiableList(folders);
        }

        public List<File> files() {
            return Collections.unmodifiableList(files);
        }
    }

    /** A link to a folder, to be looked at once all that is not behind links has been read. */
    private record Link(Folder from, Path path, BasicFileAttributes target) {}

    private final Predicate<String> hidden;
    private final int levels;
    private final Set<Object> read = new HashSet<>();
    private final Deque<Folder> folders = new ArrayDeque<>();
    private final Deque<Link> links = new ArrayDeque<>();
    private final List<PassedOver> passedOver = new ArrayList<>();
    private final Folder root;
    private long entries;

    private FolderWalk(Path path, Predicate<String> hidden, int levels) throws IOException {
        this.hidden = hidden;
        this.levels = levels;
        this.root = new Folder(path, path.toRealPath(), 0);
        read.add(key(root.real, Files.readAttributes(root.real, BasicFileAttributes.class)));
        list(root, true);
        while (!folders.isEmpty() || !links.isEmpty()) {
            if (!folders.isEmpty()) {
                list(folders.remove(), false);
            } else {
                follow(links.remove());
            }
        }
        sort(root);
        passedOver.sort(Comparator.comparing(PassedOver::path));
    }

    /**
     * Reads the names below a folder.
     *
     * @param root a folder, or a link to one
     * @param hidden tells by their names the files and folders that are left out without a word
     * @throws IOException when the root cannot be listed
     * @throws InputException when there are more entries, or folders within folders, than {@link Limit} allows
     */
    public static FolderWalk of(Path root, Predicate<String> hidden) throws IOException {
        return new FolderWalk(root, hidden, Integer.MAX_VALUE);
    }

    /** The same to a depth of so many levels, of which files in the root are the first. */
    public static FolderWalk of(Path root, Predicate<String> hidden, int levels) throws IOException {
        return new FolderWalk(root, hidden, levels);
    }

    public Folder root() {
        return root;
    }

    /** In path order. */
    public List<PassedOver> passedOver() {
        return Collections.unmodifiableList(passedOver);
    }

    private void list(Folder folder, boolean required) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder.path)) {
            for (Path child : stream) {
                if (!hidden.test(child.getFileName().toString())) {
                    children.add(child);
                    count();
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            if (required) {
                throw e instanceof DirectoryIteratorException d ? d.getCause() : (IOException) e;
            }
            passedOver.add(new PassedOver(folder.path, Reason.UNREADABLE));
            return;
        }
        children.sort(Comparator.comparing(child -> child.getFileName().toString()));
        children.forEach(child -> add(folder, child));
    }

    private void count() {
        if (++entries > Limit.FOLDER_ENTRIES.value()) {
            throw new InputException(
                    ErrorCode.TOO_LARGE,
                    "The folder %s holds more files and folders than %s: name a smaller one.",
                    root.path,
                    Limit.FOLDER_ENTRIES.words());
        }
    }

    private void add(Folder parent, Path child) {
        BasicFileAttributes attributes;
        boolean link = false;
        try {
            attributes = Files.readAttributes(child, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            link = attributes.isSymbolicLink();
            if (link) {
                attributes = Files.readAttributes(child, BasicFileAttributes.class);
            }
        } catch (IOException e) {
            boolean dead = link && !(e instanceof AccessDeniedException);
            passedOver.add(new PassedOver(child, dead ? Reason.DEAD_LINK : Reason.UNREADABLE));
            return;
        }
        if (attributes.isRegularFile()) {
            parent.files.add(new File(child, attributes.size()));
        } else if (!attributes.isDirectory()) {
            passedOver.add(new PassedOver(child, Reason.SPECIAL));
        } else if (link) {
            links.add(new Link(parent, child, attributes));
        } else {
            enter(parent, child, parent.real.resolve(child.getFileName()), attributes);
        }
    }

    private void follow(Link link) {
        Path real;
        try {
            real = link.path.toRealPath();
        } catch (IOException e) {
            passedOver.add(new PassedOver(link.path, Reason.DEAD_LINK));
            return;
        }
        if (root.real.startsWith(real) || link.from.real.startsWith(real)) {
            passedOver.add(new PassedOver(link.path, Reason.LEADS_BACK));
        } else {
            enter(link.from, link.path, real, link.target);
        }
    }

    private void enter(Folder parent, Path path, Path real, BasicFileAttributes attributes) {
        int depth = parent.depth + 1;
        if (depth >= levels) {
            return;
        }
        if (depth > Limit.FOLDER_DEPTH.value()) {
            throw new InputException(
                    ErrorCode.TOO_LARGE,
                    "Folders lie within folders more than %s deep below %s, the first is %s: name a folder further down.",
                    Limit.FOLDER_DEPTH.words(),
                    root.path,
                    path);
        }
        if (!read.add(key(real, attributes))) {
            passedOver.add(new PassedOver(path, Reason.READ_ALREADY));
            return;
        }
        Folder folder = new Folder(path, real, depth);
        parent.folders.add(folder);
        folders.add(folder);
    }

    /** Tells a folder, also where it is mounted a second time; not every system has file keys. */
    private static Object key(Path real, BasicFileAttributes attributes) {
        return attributes.fileKey() == null ? real : attributes.fileKey();
    }

    private static void sort(Folder folder) {
        folder.folders.sort(Comparator.comparing(Folder::name));
        folder.folders.forEach(FolderWalk::sort);
    }
}
