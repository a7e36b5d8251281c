package io.meristem.study;

import io.meristem.job.JobListener;
import java.time.Duration;

/** Hears how a study goes, on the thread that runs it; the events of each run's training come in between. */
public interface StudyListener extends JobListener {

    StudyListener NONE = new StudyListener() {};

    /**
     * What there is to do.
     *
     * @param finished runs that are there already
     * @param missing runs that will be done now
     */
    default void onPlan(int finished, int missing) {}

    /**
     * A run begins.
     *
     * @param number among all runs of the study, from 1
     * @param left for this run and all after it, estimated from finished runs; null before there is one
     */
    default void onRun(PlannedRun run, int number, int of, Duration left) {}

    /** A run that takes its size from another turns out to be one that is finished. */
    default void onFound(PlannedRun run, int number, int of) {}

    /** A run has ended, well or not. */
    default void onRunEnd(RunLine line) {}
}
