package io.meristem;

import java.util.Locale;

/** What kind of fault an {@link InputException} is, for a program to switch on. Names and words are stable; new ones may be added. */
public enum ErrorCode {
    /** A file, folder or photo that was named is not there, or a run or a study lacks what is asked of it. */
    NOT_FOUND,
    /** No model, method, class, column, preset or the like has this name. */
    UNKNOWN_NAME,
    /** A setting has a value that it cannot have. */
    OUT_OF_RANGE,
    /** Settings exclude each other, or one does not belong to this method, file or job. */
    CONFLICTING_SETTINGS,
    /** Something has to be said that was not. */
    MISSING_SETTING,
    /** A file or folder is of another kind than the one that is wanted, or is laid out in another way. */
    WRONG_KIND,
    /** A file does not hold what a file of its kind holds: it is damaged, or was never whole. */
    DAMAGED_FILE,
    /** Two things are each as they should be, and do not belong together: weights and a network, or two runs. */
    MISMATCH,
    /** What was there has changed since it was first used. */
    CHANGED,
    /** It is understood, and cannot be done: by this version, this format or this machine. */
    UNSUPPORTED,
    /** A file or folder is there, and cannot be read. */
    NOT_READABLE,
    /** Nothing can be written there. */
    NOT_WRITABLE,
    /** Something is there already, and is not written over. */
    ALREADY_THERE,
    /** Another process is at work there. */
    IN_USE,
    /** There are no photos or classes, or nothing that trains, or too few of them. */
    TOO_FEW,
    /** It is larger than a limit, or than the memory. */
    TOO_LARGE,
    /** Something could not be fetched. */
    DOWNLOAD_FAILED,
    /** A network's numbers are not finite. */
    NOT_FINITE;

    /** As in JSON, such as {@code not-found}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
