package io.meristem.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.meristem.DivergedException;
import io.meristem.Message;
import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import io.meristem.execute.Network;
import io.meristem.rank.Allocation;
import io.meristem.testing.ColourPhotos;
import io.meristem.workers.GradientExchange;
import io.meristem.workers.WorkerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Two workers, the other one in a process of its own, that trains one case after the other. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TeamTest {

    private static final double CLOSE = 1e-4;
    private static final double LEARNED = 0.002;

    @TempDir
    static Path folder;

    private static TeamCases cases;
    private static WorkerProcess other;
    private static Path meeting;

    @BeforeAll
    static void prepare() throws IOException {
        Path photos = ColourPhotos.write(folder.resolve("photos"), TeamCases.PER_CLASS, 2, 1);
        Path cache = folder.resolve("cache");
        meeting = Files.createDirectory(folder.resolve("meeting"));
        cases = new TeamCases(photos, cache);
        other = WorkerProcess.start(
                TeamCases.class,
                folder.resolve("reason"),
                folder.resolve("errors"),
                List.of(photos.toString(), cache.toString(), meeting.toString()));
    }

    @AfterAll
    static void end() {
        other.close();
        Engine.start(0);
    }

    private static final class Course implements TrainListener {
        final List<Double> losses = new ArrayList<>();
        final List<Integer> allocations = new ArrayList<>();
        final List<String> notes = new ArrayList<>();
        final List<Double> accuracies = new ArrayList<>();
        final List<Long> sent = new ArrayList<>();
        final GradientExchange exchange;
        long numbers;

        Course(GradientExchange exchange) {
            this.exchange = exchange;
        }

        @Override
        public void onStep(int epoch, int step, int steps, double loss) {
            losses.add(loss);
            sent.add(exchange.sent());
        }

        @Override
        public void onAllocation(int firstEpoch, Allocation allocation) {
            allocations.add(firstEpoch);
        }

        @Override
        public void onNote(Message note) {
            notes.add(note.text());
        }

        @Override
        public void onEpoch(EpochReport report, boolean best) {
            accuracies.add(report.trainAccuracy());
            numbers = report.numbers() + report.headNumbers();
        }
    }

    private static Course train(TrainConfig config, GradientExchange exchange) {
        Course course = new Course(exchange);
        long kept = Tensors.kept();
        try (exchange;
                Network network = cases.network(config)) {
            cases.trainer(network, config, exchange, course).run();
        }
        assertEquals(kept, Tensors.kept(), "tensors that are left");
        return course;
    }

    /** Two workers of 16 photos see the losses of one of 32. */
    @TestFactory
    @Order(1)
    List<DynamicTest> theLossesAreThoseOfOneProcess() {
        List<DynamicTest> tests = new ArrayList<>();
        for (Map.Entry<String, TrainConfig> entry : TeamCases.equal().entrySet()) {
            String name = entry.getKey();
            tests.add(DynamicTest.dynamicTest(name, () -> {
                Course alone = train(entry.getValue(), GradientExchange.NONE);
                assertEquals(Optional.empty(), other.fault());
                Course together = train(entry.getValue(), TeamCases.join(meeting, name, 0));
                assertEquals(2 * TeamCases.EPOCHS, alone.losses.size());
                assertEquals(alone.losses.size(), together.losses.size());
                report(name, entry.getValue(), alone, together);
                assertEquals(0, difference(alone, together), CLOSE);
                assertTrue(alone.losses.get(0) - alone.losses.get(18) > LEARNED, alone.losses.toString());
                assertEquals(alone.allocations, together.allocations);
                if (name.startsWith("dra")) {
                    assertEquals(2, together.allocations.size());
                }
                assertEquals(alone.accuracies, together.accuracies);
            }));
        }
        return tests;
    }

    /** With {@code -Dmeristem.measure=true} what docs/cluster.md says; two threads in one process round in another way too. */
    private static void report(String name, TrainConfig config, Course alone, Course together) {
        if (Boolean.getBoolean("meristem.measure")) {
            Engine.start(2);
            Course threads = train(config, GradientExchange.NONE);
            Engine.start(1);
            System.out.printf(
                    Locale.ROOT,
                    "measured: %-38s losses %.4f .. %.4f, differ by %.1e (one process with two threads: %.1e); %d numbers train, %d bytes a step%n",
                    name,
                    alone.losses.get(0),
                    alone.losses.get(alone.losses.size() - 1),
                    difference(alone, together),
                    difference(alone, threads),
                    together.numbers,
                    together.sent.get(together.sent.size() - 1) - together.sent.get(together.sent.size() - 2));
        }
    }

    private static double difference(Course one, Course other) {
        double most = 0;
        for (int i = 0; i < one.losses.size(); i++) {
            most = Math.max(most, Math.abs(one.losses.get(i) - other.losses.get(i)));
        }
        return most;
    }

    /** Statistics of batches are each worker's own, and what is kept of them is their mean. */
    @Test
    @Order(2)
    void normsThatTrainGoAlong() {
        Course together = train(TeamCases.different().get("norms"), TeamCases.join(meeting, "norms", 0));
        assertTrue(together.losses.stream().allMatch(Double::isFinite));
        double first = together.losses.get(0);
        double last = together.losses.get(together.losses.size() - 2);
        assertTrue(last < first, first + " to " + last);
    }

    /** All workers go back together, and in the end worker 0 gives up. */
    @Test
    @Order(3)
    void numbersThatGoWrongAreSeenByAll() {
        TrainConfig config = TeamCases.different().get("too high");
        try (GradientExchange exchange = TeamCases.join(meeting, "too high", 0);
                Network network = cases.network(config)) {
            Course course = new Course(exchange);
            Trainer trainer = cases.trainer(network, config, exchange, course);
            DivergedException e = assertThrows(DivergedException.class, trainer::run);
            assertTrue(e.getMessage().contains("had been halved"), e.getMessage());
            assertEquals(OnDivergence.MOST, (int) course.notes.stream()
                    .filter(note -> note.contains("begins again"))
                    .count());
        }
        assertTrue(other.ended(60_000), "the other worker ends");
        assertEquals(Optional.empty(), other.fault());
    }
}
