package io.meristem;

/**
 * One of several processes that train together is gone, or could not begin. The message is one sentence that says which, why and what is left; the process
 * exits with code 1.
 */
public final class WorkerLostException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final Message sentence;

    public WorkerLostException(Message sentence) {
        this(sentence, null);
    }

    /** @param cause or null */
    public WorkerLostException(Message sentence, Throwable cause) {
        super(sentence.text(), cause);
        this.sentence = sentence;
    }

    /** The message as data. */
    public Message sentence() {
        return sentence;
    }
}
