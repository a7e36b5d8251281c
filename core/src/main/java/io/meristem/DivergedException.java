package io.meristem;

/**
 * A training's numbers went wrong: they are not finite any more, or the loss has exploded. The message is one sentence that says when, where, and what
 * is left; the process exits with code 1.
 */
public final class DivergedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final Message sentence;

    public DivergedException(Message sentence) {
        this(sentence, null);
    }

    /** @param cause or null */
    public DivergedException(Message sentence, Throwable cause) {
        super(sentence.text(), cause);
        this.sentence = sentence;
    }

    /** The message as data. */
    public Message sentence() {
        return sentence;
    }
}
