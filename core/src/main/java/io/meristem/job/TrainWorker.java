package io.meristem.job;

import io.meristem.CancelToken;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.WorkerLostException;
import io.meristem.artifact.Json;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.artifact.TravellingState;
import io.meristem.data.feed.Share;
import io.meristem.tune.Team;
import io.meristem.tune.TrainListener;
import io.meristem.tune.Trainer;
import io.meristem.workers.Gloo;
import io.meristem.workers.GradientExchange;
import io.meristem.workers.Meeting;
import io.meristem.workers.WorkerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;

/** A worker of a training that is not the first: prepares the same photos and weights, and trains on its shares of the batches as worker 0 says. It writes nothing. */
public final class TrainWorker {

    static final String TASK = "task.json";
    static final String STORE = "store";

    private static final int FAILED = 1;

    private TrainWorker() {}

    /**
     * What a worker is to do, and what it must find.
     *
     * @param cache where decoded photos are kept
     * @param version of this software
     */
    public record Order(
            RunConfig config, String cache, int workers, String version, String photos, String weightsSha256) {

        static Order of(Workers.Task task) {
            Provenance provenance = task.provenance();
            return new Order(
                    task.config(),
                    task.cache().toAbsolutePath().toString(),
                    task.workers(),
                    provenance.meristem(),
                    provenance.dataFingerprint(),
                    provenance.weightsSha256());
        }
    }

    static Path ready(Path meeting, int worker) {
        return meeting.resolve("ready-" + worker);
    }

    static Path reason(Path meeting, int worker) {
        return meeting.resolve("reason-" + worker + ".txt");
    }

    /** A process of {@link LocalWorkers}: the folder where they meet, this worker's number, and the process that started it. */
    public static void main(String[] args) throws IOException {
        Locale.setDefault(Locale.ROOT);
        Path meeting = Path.of(args[0]);
        int worker = Integer.parseInt(args[1]);
        WorkerProcess.endWithStarter(Long.parseLong(args[2]));
        int code = 0;
        try {
            Order order = Json.read(meeting.resolve(TASK), Order.class);
            work(order, worker, () -> {
                Files.createFile(ready(meeting, worker));
                return Gloo.join(Meeting.here(meeting.resolve(STORE)), worker, order.workers());
            });
        } catch (RuntimeException | IOException e) {
            code = FAILED;
            if (!(e instanceof WorkerLostException)) { // another one's fault, who says more
                Files.writeString(reason(meeting, worker), String.valueOf(e.getMessage()));
            }
        }
        Runtime.getRuntime().halt(code); // nothing is left to be closed, and the engine's threads need no goodbye
    }

    /** Meets the other workers. */
    public interface Joining {
        GradientExchange join() throws IOException;
    }

    /**
     * Prepares, joins, and trains until worker 0 says that it is the end.
     *
     * @throws InputException when this worker sees other photos, weights or software than worker 0
     * @throws WorkerLostException when another worker is gone
     */
    public static void work(Order order, int worker, Joining joining) throws IOException {
        RunConfig config = order.config();
        try (TrainJob.Prepared prepared =
                TrainJob.prepare(config, Path.of(order.cache()), JobListener.NONE, new CancelToken())) {
            require(order, prepared.provenance());
            try (GradientExchange exchange = joining.join()) {
                new Trainer(
                                prepared.loaded().network(),
                                config.train(),
                                prepared.photos().forTraining(config, new Share(worker, order.workers())),
                                TrainListener.NONE,
                                0,
                                null,
                                new Team(exchange, new TravellingState()))
                        .follow();
            }
        }
    }

    private static void require(Order order, Provenance here) {
        if (!order.version().equals(here.meristem())) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "it runs meristem %s, and worker 0 runs %s: use the same version everywhere.",
                    here.meristem(),
                    order.version());
        }
        if (!Objects.equals(order.photos(), here.dataFingerprint())) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "it sees other photos in %s than worker 0 sees there: the folder must be the same for all workers.",
                    order.config().data().folder());
        }
        if (!Objects.equals(order.weightsSha256(), here.weightsSha256())) {
            throw new InputException(
                    ErrorCode.MISMATCH,
                    "it sees other weights in %s than worker 0 sees there: the file must be the same for all workers.",
                    order.config().model().weights());
        }
    }
}
