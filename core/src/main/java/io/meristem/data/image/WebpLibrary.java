package io.meristem.data.image;

import com.luciad.imageio.webp.WebPWrapper;
import io.meristem.ErrorCode;
import io.meristem.Home;
import io.meristem.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/** Google's libwebp, which is native code: unpacked into a new folder that no other user can write to, and out of sight once it is loaded. */
final class WebpLibrary {

    /** Where webp-imageio unpacks what it loads. */
    private static final String FOLDER = "com.luciad.imageio.webp.tmpdir";

    /** A whole file of one pixel. */
    private static final byte[] PIXEL = Base64.getDecoder().decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==");

    private static boolean loaded;

    private WebpLibrary() {}

    /** @throws InputException when this machine cannot load it, which is no fault of any photo */
    static synchronized void load() {
        if (loaded) {
            return;
        }
        try {
            Path folder = folder();
            folder.toFile().deleteOnExit(); // before those in it are told to, for they go in reverse order
            System.setProperty(FOLDER, folder.toString());
            WebPWrapper.loadNativeLibrary();
            WebPWrapper.INSTANCE.getInfo(PIXEL, 0, PIXEL.length); // it does not say itself whether it could be loaded
            loaded = true;
            clear(folder);
        } catch (IOException | LinkageError e) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    e,
                    "WebP photos cannot be read on this machine (%s): convert them to JPEG or PNG, or move %s to a folder from which programs may be loaded.",
                    e.getMessage(),
                    Home.VARIABLE);
        }
    }

    /** Only its owner may read and write what {@link Files#createTempDirectory} makes. */
    private static Path folder() throws IOException {
        try {
            Files.createDirectories(Home.folder());
            return Files.createTempDirectory(Home.folder(), ".webp-");
        } catch (IOException e) {
            return Files.createTempDirectory("meristem-webp-");
        }
    }

    /** What is loaded stays loaded. Windows keeps the file until the program ends. */
    private static void clear(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> inside = Files.list(folder)) {
            files = inside.toList();
        }
        boolean all = true;
        for (Path file : files) {
            all &= file.toFile().delete();
        }
        if (all) {
            Files.deleteIfExists(folder);
        }
    }
}
