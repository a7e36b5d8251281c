package io.meristem.weights;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Limit;
import io.meristem.weights.TorchGlobals.TensorRef;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.bytedeco.pytorch.Tensor;

/**
 * A PyTorch checkpoint (torch 1.6 and newer) open for reading: a zip archive with uncompressed entries {@code top/data.pkl}, {@code top/data/0},
 * ... and {@code top/byteorder}, whatever {@code top} is called.
 */
final class TorchZipFile implements TensorFile {

    private static final String PICKLE = "/data.pkl";
    private static final int BLOCK = 1 << 16;

    private final Path path;
    private final ZipFile zip;
    private final ByteOrder order;
    private final Map<String, TorchView> views = new LinkedHashMap<>();
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private final String note;

    private TorchZipFile(Path path, ZipFile zip) throws IOException {
        this.path = path;
        this.zip = zip;
        FileKind kind = FileKind.ofEntries(zip.stream().map(ZipEntry::getName).toList());
        if (kind != null) {
            throw kind.refusal(path);
        }
        checkSizes();
        String top = top();
        order = byteOrder(top);
        ZipEntry pickle = zip.getEntry(top + PICKLE);
        if (pickle.getSize() > Limit.PICKLE_MEGABYTES.value() << 20) {
            throw new IOException("its pickle is larger than " + Limit.PICKLE_MEGABYTES.words(" MiB"));
        }
        Object checkpoint = TorchPickle.read(bytes(pickle));
        StateDicts.Chosen found = StateDicts.find(checkpoint);
        note = found.note();
        for (Map.Entry<String, TensorRef> tensor : found.tensors().entrySet()) {
            TorchView view = view(top, tensor.getKey(), tensor.getValue());
            views.put(tensor.getKey(), view);
            tensors.put(tensor.getKey(), view.info());
        }
        if (tensors.isEmpty()) {
            throw new IOException("it holds no mapping from names to tensors");
        }
        if (checkpoint instanceof Map<?, ?> root) {
            root.forEach((key, value) -> {
                // Not numbers of any size: to spell one of a million digits takes minutes.
                boolean number = value instanceof Integer || value instanceof Long || value instanceof Double;
                boolean words = value instanceof String text && text.length() <= Limit.WEIGHTS_NAME.value();
                if (number || words || value instanceof Boolean) {
                    metadata.put((String) key, value.toString());
                }
            });
        }
    }

    static TensorFile open(Path path) {
        ZipFile zip = null;
        try {
            ZipDirectory.requireSmall(path);
            zip = new ZipFile(path.toFile());
            return new TorchZipFile(path, zip);
        } catch (InputException e) {
            closeQuietly(zip);
            throw e;
        } catch (TorchPickle.RefusedException e) {
            closeQuietly(zip);
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    e,
                    "%s asks to call %s; weights are data, so it was not loaded; get a file that holds nothing but tensors, such as safetensors or a saved state_dict",
                    path,
                    e.getMessage());
        } catch (IOException | IllegalArgumentException e) {
            closeQuietly(zip);
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "%s cannot be read as a PyTorch checkpoint: %s; download it or save it again",
                    path,
                    e.getMessage());
        }
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    @Override
    public Tensor read(String name) {
        TorchView view = views.get(name);
        if (view == null) {
            throw new InputException(ErrorCode.NOT_FOUND, "%s holds no tensor '%s'", path, name);
        }
        try (InputStream in = zip.getInputStream(zip.getEntry(view.entry()))) {
            in.skipNBytes(view.offset() * view.info().dtype().bytes());
            byte[] block = new byte[BLOCK];
            TensorBytes.Mover filler = (window, position) -> fill(window, in, block);
            if (view.isDense()) {
                return TensorBytes.fill(view.info(), order, filler);
            }
            return spread(view, filler);
        } catch (IOException e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE, e, "cannot read tensor '%s' of %s: %s", name, path, e.getMessage());
        }
    }

    /** Reads the stretch from the view's first element to its last, and picks the view from it. */
    private Tensor spread(TorchView view, TensorBytes.Mover filler) throws IOException {
        try (Tensor stretch = TensorBytes.fill(new TensorInfo(view.info().dtype(), view.span()), order, filler);
                Tensor picked = stretch.as_strided(view.info().dims(), view.strides())) {
            return picked.contiguous();
        }
    }

    private static void fill(ByteBuffer window, InputStream in, byte[] block) throws IOException {
        while (window.hasRemaining()) {
            int n = in.read(block, 0, Math.min(block.length, window.remaining()));
            if (n < 0) {
                throw new EOFException("it ends too early");
            }
            window.put(block, 0, n);
        }
    }

    /** Uncompressed entries cannot take more memory than the file takes disk; anything else is not from PyTorch. */
    private void checkSizes() throws IOException {
        long left = Files.size(path);
        for (ZipEntry entry : Collections.list(zip.entries())) {
            if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
                throw new IOException("its entries are compressed, which PyTorch does not do");
            }
            left -= entry.getSize();
            if (entry.getSize() < 0 || left < 0) {
                throw new IOException("its entries claim more bytes than the file has");
            }
        }
    }

    private String top() throws IOException {
        return zip.stream()
                .map(ZipEntry::getName)
                .filter(name -> name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length())
                .map(name -> name.substring(0, name.length() - PICKLE.length()))
                .findFirst()
                .orElseThrow(() -> new IOException("it is a zip archive of something else"));
    }

    private ByteOrder byteOrder(String top) throws IOException {
        ZipEntry entry = zip.getEntry(top + "/byteorder");
        if (entry == null || entry.getSize() > BLOCK) {
            return ByteOrder.LITTLE_ENDIAN;
        }
        String word = new String(bytes(entry), StandardCharsets.UTF_8).strip();
        return switch (word) {
            case "little" -> ByteOrder.LITTLE_ENDIAN;
            case "big" -> ByteOrder.BIG_ENDIAN;
            default -> throw new IOException("its byte order is unknown");
        };
    }

    private TorchView view(String top, String name, TensorRef tensor) throws IOException {
        String key = top + "/data/" + tensor.storage().key();
        ZipEntry entry = zip.getEntry(key);
        if (entry == null) {
            throw new IOException("the numbers of tensor '" + name + "' are not in it");
        }
        try {
            return TorchView.of(tensor, key, entry.getSize());
        } catch (IOException e) {
            throw new IOException("tensor '" + name + "' " + e.getMessage(), e);
        }
    }

    private byte[] bytes(ZipEntry entry) throws IOException {
        try (InputStream in = zip.getInputStream(entry)) {
            return in.readNBytes((int) entry.getSize());
        }
    }

    @Override
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    @Override
    public List<String> notes() {
        return note == null ? List.of() : List.of(path + ": " + note + ".");
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public void close() {
        closeQuietly(zip);
    }

    private static void closeQuietly(ZipFile zip) {
        try {
            if (zip != null) {
                zip.close();
            }
        } catch (IOException e) {
            // Nothing was written through it, so nothing is lost.
        }
    }
}
