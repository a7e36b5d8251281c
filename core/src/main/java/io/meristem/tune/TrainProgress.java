package io.meristem.tune;

/**
 * How far a training has come.
 *
 * @param the current epoch, from 1; one more than there are when all are done
 * @param step done of that epoch
 * @param loss of the epoch's photos so far, summed
 * @param right photos so far whose most probable class was the true one
 * @param seen photos so far
 * @param factor on the learning rates, of the last step
 * @param trainNanos spent on these steps, waiting included
 * @param waitNanos spent waiting for photos
 * @param best measure of the best state of the epochs before; null before there is one
 * @param settled whether that state has its final size
 * @param lowered how often the learning rates have been lowered, because numbers went wrong
 */
public record TrainProgress(
        int epoch,
        int step,
        double loss,
        long right,
        int seen,
        double factor,
        long trainNanos,
        long waitNanos,
        Double best,
        boolean settled,
        int lowered) {

    static final TrainProgress START = before(1, null, false, 0);

    /** At the beginning of an epoch. */
    static TrainProgress before(int epoch, Double best, boolean settled, int lowered) {
        return new TrainProgress(epoch, 0, 0, 0, 0, 0, 0, 0, best, settled, lowered);
    }

    /**
     * One step further.
     *
     * @param photos of the step
     */
    TrainProgress after(Stepper.Outcome outcome, int photos, double newFactor, long newTrainNanos, long newWaitNanos) {
        return new TrainProgress(
                epoch,
                step + 1,
                loss + outcome.loss() * photos,
                right + outcome.right(),
                seen + photos,
                newFactor,
                newTrainNanos,
                newWaitNanos,
                best,
                settled,
                lowered);
    }

    /** At the beginning of its epoch. */
    TrainProgress again() {
        return before(epoch, best, settled, lowered);
    }

    /** The same at learning rates that have been lowered once more. */
    TrainProgress lower() {
        return new TrainProgress(
                epoch, step, loss, right, seen, factor, trainNanos, waitNanos, best, settled, lowered + 1);
    }

    double meanLoss() {
        return loss / seen;
    }

    double accuracy() {
        return (double) right / seen;
    }
}
