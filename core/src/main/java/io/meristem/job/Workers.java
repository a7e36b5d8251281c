package io.meristem.job;

import io.meristem.CancelToken;
import io.meristem.WorkerLostException;
import io.meristem.artifact.Provenance;
import io.meristem.artifact.RunConfig;
import io.meristem.workers.GradientExchange;
import java.nio.file.Path;

/** Who trains along with this process, which is worker 0. */
public interface Workers {

    /** Nobody. */
    Workers NONE = new Workers() {
        @Override
        public int count() {
            return 1;
        }

        @Override
        public Group meet(Task task, CancelToken token) {
            return new Group() {
                @Override
                public GradientExchange exchange() {
                    return GradientExchange.NONE;
                }

                @Override
                public WorkerLostException explain(WorkerLostException seen) {
                    return seen;
                }

                @Override
                public void close() {}
            };
        }
    };

    /**
     * What the others are to do.
     *
     * @param provenance says what photos, weights and versions must be there too
     * @param cache where decoded photos are kept
     * @param workers how many there are with this one
     */
    record Task(RunConfig config, Provenance provenance, Path cache, int workers) {}

    /** Those who have come. Closing it sends them away. */
    interface Group extends AutoCloseable {

        GradientExchange exchange();

        /** The same, with what is known of who was lost and why. */
        WorkerLostException explain(WorkerLostException seen);

        @Override
        void close();
    }

    /** How many train, with this one. */
    int count();

    /**
     * Has the others begin, and waits until all are there.
     *
     * @throws WorkerLostException when one of them does not come
     */
    Group meet(Task task, CancelToken token);
}
