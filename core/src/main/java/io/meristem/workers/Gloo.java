package io.meristem.workers;

import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.WorkerLostException;
import io.meristem.engine.ComputeDevice;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.AllreduceOptions;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.FileStore;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.bytedeco.pytorch.global.torch_gloo;

/**
 * The exchange over libtorch's c10d with Gloo, on TCP. A worker whose process ends closes its connections, so the others learn of it at once; one whose machine
 * has gone silent is given up after {@link #SILENCE}. The engine prints one line to the process's standard output when a group has met.
 */
public final class Gloo implements GradientExchange {

    /** How long a worker waits for the others: judging and measuring are worker 0's, and may take long. */
    static final Duration SILENCE = Duration.ofHours(2);

    /** How long a worker waits until all are there. */
    static final Duration MEETING = Duration.ofMinutes(2);

    private static final int CHUNK = 16 << 20;

    private final int worker;
    private final int workers;
    private final ProcessGroupGloo group;
    private long sent;

    private Gloo(ProcessGroupGloo group, int worker, int workers) {
        this.group = group;
        this.worker = worker;
        this.workers = workers;
        group.retainReference();
    }

    /**
     * Meets the other workers.
     *
     * @param worker this one's number, from 0
     * @throws WorkerLostException when not all of them come
     */
    public static Gloo join(Meeting meeting, int worker, int workers) {
        load();
        try (PointerScope scope = new PointerScope()) {
            Store store = meeting.file() == null
                    ? onNetwork(meeting, worker, workers)
                    : new FileStore(meeting.file().toString(), workers);
            ProcessGroupGloo.Options options = ProcessGroupGloo.Options.create_default();
            options.devices(new GlooDeviceVector(ProcessGroupGloo.createDeviceForHostname(meeting.address())));
            options.timeout(new Milliseconds(MEETING.toMillis()));
            return new Gloo(new ProcessGroupGloo(store, worker, workers, options), worker, workers);
        } catch (RuntimeException e) {
            throw new WorkerLostException(
                    Message.of("The %d workers of the training have not found each other (%s).", workers, reason(e)),
                    e);
        }
    }

    private static TCPStore onNetwork(Meeting meeting, int worker, int workers) {
        TCPStoreOptions options = new TCPStoreOptions();
        options.port((short) meeting.port());
        options.isServer(worker == 0);
        options.numWorkers(new SizeTPointer(1).put(workers)); // null otherwise, and read
        options.waitWorkers(false);
        options.timeout(new Milliseconds(MEETING.toMillis()));
        return new TCPStore(meeting.host(), options);
    }

    /** Loads the library, as {@link #join} does: before several processes do, since it is unpacked the first time. */
    public static void load() {
        Engine.load();
        try {
            Loader.load(torch_gloo.class);
        } catch (UnsatisfiedLinkError e) {
            throw new InputException(
                    ErrorCode.UNSUPPORTED,
                    e,
                    "The engine for this system (%s) lacks Gloo, with which several workers train: train with one.",
                    Loader.getPlatform());
        }
    }

    @Override
    public int worker() {
        return worker;
    }

    @Override
    public int workers() {
        return workers;
    }

    @Override
    public void sum(Tensor flat) {
        try (PointerScope scope = new PointerScope()) {
            AllreduceOptions options = new AllreduceOptions();
            options.timeout(new Milliseconds(SILENCE.toMillis()));
            throughCpu(flat, tensors -> group.allreduce(tensors, options));
        }
    }

    @Override
    public void broadcast(Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            BroadcastOptions options = new BroadcastOptions();
            options.rootRank(0);
            options.rootTensor(0);
            options.timeout(new Milliseconds(SILENCE.toMillis()));
            throughCpu(tensor, tensors -> group.broadcast(tensors, options));
        }
    }

    /** Gloo sees memory of the processor only. */
    private void throughCpu(Tensor tensor, Function<TensorVector, Work> exchange) {
        boolean copied = Engine.device() != ComputeDevice.CPU;
        Tensor here = copied ? tensor.cpu() : tensor;
        sent += here.numel() * here.element_size();
        try {
            exchange.apply(new TensorVector(here))._wait();
        } catch (RuntimeException e) {
            throw new WorkerLostException(
                    Message.of("A worker of the training is gone, as worker %d sees it (%s).", worker, reason(e)), e);
        }
        if (copied) {
            Tensors.inPlace(tensor, tensor.copy_(here));
        }
    }

    /** Without the place in the engine's sources. */
    private static String reason(RuntimeException e) {
        String text = e.getMessage() == null ? e.toString() : e.getMessage();
        return text.lines()
                .findFirst()
                .orElse(text)
                .replaceFirst("^\\[[^\\]]*\\] *", "")
                .strip();
    }

    @Override
    public void sendFile(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            long left = length(Files.size(file));
            while (left > 0) {
                byte[] chunk = in.readNBytes((int) Math.min(CHUNK, left));
                bytes(chunk);
                left -= chunk.length;
            }
        }
    }

    @Override
    public void receiveFile(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            long left = length(0);
            while (left > 0) {
                byte[] chunk = new byte[(int) Math.min(CHUNK, left)];
                bytes(chunk);
                out.write(chunk);
                left -= chunk.length;
            }
        }
    }

    private long length(long mine) {
        try (PointerScope scope = new PointerScope()) {
            Tensor number = Tensors.of(new long[] {mine});
            broadcast(number);
            return number.item_long();
        }
    }

    /** Overwritten with worker 0's. */
    private void bytes(byte[] chunk) {
        try (PointerScope scope = new PointerScope()) {
            BytePointer data = new BytePointer(chunk);
            broadcast(torch.from_blob(data, new long[] {chunk.length}, new TensorOptions(ScalarType.Byte)));
            data.get(chunk);
        }
    }

    @Override
    public long sent() {
        return sent;
    }

    @Override
    public void close() {
        group.releaseReference();
    }
}
