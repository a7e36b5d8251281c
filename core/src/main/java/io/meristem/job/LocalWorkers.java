package io.meristem.job;

import io.meristem.CancelToken;
import io.meristem.CancelledException;
import io.meristem.ErrorCode;
import io.meristem.InputException;
import io.meristem.Message;
import io.meristem.Outputs;
import io.meristem.PrivateFolder;
import io.meristem.Setting;
import io.meristem.WorkFolder;
import io.meristem.WorkerLostException;
import io.meristem.artifact.Json;
import io.meristem.workers.Gloo;
import io.meristem.workers.GradientExchange;
import io.meristem.workers.Meeting;
import io.meristem.workers.WorkerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Processes on this machine. They meet in a folder that only their user can enter, and listen on loopback only. */
public final class LocalWorkers implements Workers {

    private static final int MOST = 1024;
    private static final long LOOK_MILLIS = 50;
    private static final long LAST_WORDS_MILLIS = 3000;

    private final int count;

    /** @throws InputException when there is no such number */
    public LocalWorkers(int count) {
        if (count < 1 || count > MOST) {
            throw new InputException(
                    ErrorCode.OUT_OF_RANGE, "%s must be from 1 to %s, not %s.", Setting.WORKERS.the(), MOST, count);
        }
        this.count = count;
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public Group meet(Task task, CancelToken token) {
        if (count == 1) {
            return NONE.meet(task, token);
        }
        Gloo.load();
        WorkFolder folder = null;
        Processes group = null;
        try {
            folder = WorkFolder.beside(Path.of(System.getProperty("java.io.tmpdir"), "meristem-workers"));
            group = new Processes(folder);
            Path meeting = folder.resolve("meeting");
            PrivateFolder.create(meeting);
            Files.writeString(meeting.resolve(TrainWorker.TASK), Json.pretty(TrainWorker.Order.of(task)));
            for (int worker = 1; worker < count; worker++) {
                group.start(meeting, worker);
            }
            group.await(meeting, token);
            group.exchange = Gloo.join(Meeting.here(meeting.resolve(TrainWorker.STORE)), 0, count);
            return group;
        } catch (IOException e) {
            close(group);
            throw new InputException(
                    ErrorCode.NOT_WRITABLE,
                    e,
                    "Several workers need a folder for temporary files, and %s cannot be used (%s): make room, or train with one worker.",
                    System.getProperty("java.io.tmpdir"),
                    Outputs.reason(e));
        } catch (WorkerLostException e) {
            WorkerLostException explained = group == null ? e : group.explain(e);
            close(group);
            throw explained;
        } catch (RuntimeException e) {
            close(group);
            throw e;
        }
    }

    private static void close(Processes group) {
        if (group != null) {
            group.close();
        }
    }

    private static final class Processes implements Group {

        private final WorkFolder folder;
        private final List<WorkerProcess> processes = new ArrayList<>();
        private GradientExchange exchange;

        Processes(WorkFolder folder) {
            this.folder = folder;
        }

        void start(Path meeting, int worker) throws IOException {
            processes.add(WorkerProcess.start(
                    TrainWorker.class,
                    TrainWorker.reason(meeting, worker),
                    meeting.resolve("errors-" + worker + ".txt"),
                    List.of(
                            meeting.toString(),
                            String.valueOf(worker),
                            String.valueOf(ProcessHandle.current().pid()))));
        }

        /** Until all have prepared their photos and weights. */
        void await(Path meeting, CancelToken token) {
            for (int i = 0; i < processes.size(); i++) {
                while (!Files.exists(TrainWorker.ready(meeting, i + 1))) {
                    token.check();
                    for (WorkerProcess process : processes) {
                        if (!process.isAlive()) {
                            throw new WorkerLostException(Message.plain("A worker of the training has ended."));
                        }
                    }
                    pause();
                }
            }
        }

        private static void pause() {
            try {
                Thread.sleep(LOOK_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancelledException("Interrupted while waiting for the other workers.", e);
            }
        }

        @Override
        public GradientExchange exchange() {
            return exchange;
        }

        @Override
        public WorkerLostException explain(WorkerLostException seen) {
            for (int i = 0; i < processes.size(); i++) {
                WorkerProcess process = processes.get(i);
                if (process.ended(LAST_WORDS_MILLIS / processes.size())
                        && process.fault().isPresent()) {
                    return new WorkerLostException(
                            Message.of(
                                    "Worker %d of %d is gone: %s",
                                    i + 1, processes.size() + 1, process.fault().get()),
                            seen);
                }
            }
            return seen;
        }

        @Override
        public void close() {
            processes.forEach(WorkerProcess::close);
            if (exchange != null) {
                exchange.close();
            }
            try {
                folder.close();
            } catch (IOException e) {
                // The next one removes it.
            }
        }
    }
}
