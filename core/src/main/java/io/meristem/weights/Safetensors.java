package io.meristem.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meristem.AtomicFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** Writes safetensors files. */
public final class Safetensors {

    /** The header is padded with spaces to this, so that the data starts aligned for every dtype. */
    private static final int ALIGNMENT = 8;

    private static final ObjectMapper JSON = new ObjectMapper();

    private Safetensors() {}

    /**
     * Writes {@code tensors} to {@code path}; the file is either whole or as it was before. The bytes depend only on names, values and metadata,
     * not on the order of the maps: tensors with wide elements come first, so that all are aligned, then by name.
     *
     * @param tensors of any shape and layout (written row-major) and any dtype of {@link Dtype}; stay the caller's
     */
    public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        List<Map.Entry<String, Tensor>> order = new ArrayList<>(tensors.entrySet());
        order.sort(Comparator.comparing(
                        (Map.Entry<String, Tensor> e) -> -dtype(e.getValue()).bytes())
                .thenComparing(Map.Entry::getKey));
        byte[] header = header(order, metadata);
        AtomicFiles.write(path, temporary -> {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                ByteBuffer start =
                        ByteBuffer.allocate(Long.BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
                writeFully(channel, start.putLong(header.length).put(header).flip());
                for (Map.Entry<String, Tensor> entry : order) {
                    writeTensor(channel, entry.getValue());
                }
                channel.force(false);
            }
        });
    }

    private static byte[] header(List<Map.Entry<String, Tensor>> order, Map<String, String> metadata)
            throws IOException {
        ObjectNode root = JSON.createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode words = root.putObject(SafetensorsHeader.METADATA);
            new TreeMap<>(metadata).forEach(words::put);
        }
        long position = 0;
        for (Map.Entry<String, Tensor> entry : order) {
            if (entry.getKey().equals(SafetensorsHeader.METADATA)) {
                throw new IllegalArgumentException("a tensor cannot be called " + SafetensorsHeader.METADATA);
            }
            TensorInfo info =
                    new TensorInfo(dtype(entry.getValue()), entry.getValue().shape());
            ObjectNode node = root.putObject(entry.getKey());
            node.put("dtype", info.dtype().name());
            info.shape().forEach(node.putArray("shape")::add);
            long end = Math.addExact(position, info.bytes());
            node.putArray("data_offsets").add(position).add(end);
            position = end;
        }
        byte[] json = JSON.writeValueAsBytes(root);
        int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        byte[] header = Arrays.copyOf(json, padded);
        Arrays.fill(header, json.length, padded, (byte) ' ');
        return header;
    }

    private static void writeTensor(FileChannel channel, Tensor tensor) throws IOException {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor dense = tensor.detach().cpu().contiguous();
            if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
                dense = dense.clone();
            }
            int width = dtype(tensor).bytes();
            TensorBytes.each(dense, (window, position) -> {
                if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
                    TensorBytes.swap(window, width);
                }
                writeFully(channel, window);
            });
        }
    }

    private static Dtype dtype(Tensor tensor) {
        return Dtype.of(tensor.scalar_type());
    }

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
