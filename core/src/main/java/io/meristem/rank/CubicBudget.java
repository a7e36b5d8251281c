package io.meristem.rank;

/**
 * AdaLoRA's budget over the steps of a training (Zhang et al. 2023, equation 12): all of it for some steps, then falling with the third power of what is
 * left of the way, then the target. Steps count from 1.
 *
 * @param start budget before it falls
 * @param target in the end, at most {@code start}
 * @param steps of the whole training
 * @param initSteps before it falls
 * @param finalSteps after it has fallen
 * @param interval steps between two prunings
 */
public record CubicBudget(long start, long target, int steps, int initSteps, int finalSteps, int interval) {

    public CubicBudget {
        if (target < 0 || target > start) {
            throw new IllegalArgumentException("a budget cannot fall from " + start + " to " + target);
        }
        if (initSteps < 0 || finalSteps < 0 || (long) initSteps + finalSteps >= steps || interval < 1) {
            throw new IllegalArgumentException("a budget cannot fall between " + initSteps + " first and " + finalSteps
                    + " last steps of " + steps + ", every " + interval);
        }
    }

    /** The step at which the budget reaches its target. */
    public int end() {
        return steps - finalSteps;
    }

    /** The budget after a step. */
    public long at(int step) {
        if (step <= initSteps) {
            return start;
        }
        if (step >= end()) {
            return target;
        }
        double left = 1 - (double) (step - initSteps) / (end() - initSteps);
        return (long) ((start - target) * Math.pow(left, 3) + target);
    }

    /** Whether what exceeds the budget is pruned after a step. */
    public boolean prunes(int step) {
        return step == end() || (step > initSteps && step < end() && step % interval == 0);
    }
}
