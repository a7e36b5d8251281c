package io.meristem;

/**
 * Lets any thread ask a job to stop. The job looks at its token at places where it can stop cleanly, and ends with a {@link CancelledException};
 * interrupting the job's thread has the same effect. One token may serve several jobs. Safe for concurrent use.
 */
public final class CancelToken {

    private volatile boolean cancelled;

    /** Asks every job with this token to stop; cannot be taken back. */
    public void cancel() {
        cancelled = true;
    }

    public boolean cancelled() {
        return cancelled;
    }

    /** @throws CancelledException when {@link #cancel} has been called, or the current thread is interrupted, which it stays */
    public void check() {
        if (cancelled) {
            throw new CancelledException("Stopped, as was asked for.");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new CancelledException("Stopped, the thread was interrupted.");
        }
    }
}
