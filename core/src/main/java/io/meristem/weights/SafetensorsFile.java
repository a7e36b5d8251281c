package io.meristem.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.InputFiles;
import io.meristem.Limit;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** A safetensors file open for reading. Its tensors are mapped into memory one at a time and copied from there, so any file size works. */
final class SafetensorsFile implements TensorFile {

    private static final int PREFIX = Long.BYTES;

    private final Path path;
    private final FileChannel channel;
    private final SafetensorsHeader header;
    private final long dataStart;
    private final Map<String, TensorInfo> tensors = new LinkedHashMap<>();

    private SafetensorsFile(Path path, FileChannel channel) throws IOException {
        this.path = path;
        this.channel = channel;
        long size = channel.size();
        if (size < PREFIX) {
            throw new IOException(size == 0 ? "it is empty" : "it has only " + size + " bytes");
        }
        ByteBuffer prefix = readFully(0, PREFIX).order(ByteOrder.LITTLE_ENDIAN);
        long length = prefix.getLong();
        if (length < 2 || length > Limit.WEIGHTS_HEADER_MEGABYTES.value() * 1_000_000) {
            throw new IOException("it does not begin with the length of a header");
        }
        if (length > size - PREFIX) {
            throw new IOException("its header ends beyond the file, which is probably cut short");
        }
        dataStart = PREFIX + length;
        header = SafetensorsHeader.parse(readFully(PREFIX, (int) length).array(), size - dataStart);
        header.entries().forEach((name, entry) -> tensors.put(name, entry.info()));
    }

    static SafetensorsFile open(Path path) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(path);
            return new SafetensorsFile(path, channel);
        } catch (IOException e) {
            closeQuietly(channel);
            String reason = e instanceof JsonProcessingException json
                    ? "its header is not valid JSON (" + InputFiles.reason(json) + ")"
                    : e.getMessage();
            throw new InputException(
                    ErrorCode.DAMAGED_FILE,
                    e,
                    "%s cannot be read as safetensors: %s; download it or export it again",
                    path,
                    reason);
        }
    }

    @Override
    public Map<String, TensorInfo> tensors() {
        return Collections.unmodifiableMap(tensors);
    }

    @Override
    public Tensor read(String name) {
        SafetensorsHeader.TensorEntry entry = header.entries().get(name);
        if (entry == null) {
            throw new InputException(ErrorCode.NOT_FOUND, "%s holds no tensor '%s'", path, name);
        }
        try {
            return TensorBytes.fill(entry.info(), ByteOrder.LITTLE_ENDIAN, (window, position) -> {
                long start = dataStart + entry.begin() + position;
                if (channel.size() < start + window.remaining()) {
                    throw new EOFException("it became shorter while it was read");
                }
                // Copied by Java, not by the engine: if the file shrinks under the mapping, Java turns the fault into
                // an error.
                window.put(channel.map(FileChannel.MapMode.READ_ONLY, start, window.remaining()));
            });
        } catch (IOException | InternalError e) {
            throw new InputException(
                    ErrorCode.NOT_READABLE, e, "cannot read tensor '%s' of %s: %s", name, path, e.getMessage());
        }
    }

    @Override
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(header.metadata());
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public void close() {
        closeQuietly(channel);
    }

    private ByteBuffer readFully(long position, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, position + buffer.position()) < 0) {
                throw new EOFException("it ends too early");
            }
        }
        return buffer.flip();
    }

    private static void closeQuietly(FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            // Nothing was written through it, so nothing is lost.
        }
    }
}
