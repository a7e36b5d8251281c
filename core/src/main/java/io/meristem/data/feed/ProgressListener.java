package io.meristem.data.feed;

/** Hears how far a long piece of work has come; called by one thread at a time. */
@FunctionalInterface
public interface ProgressListener {

    ProgressListener NONE = (done, total) -> {};

    void update(int done, int total);
}
