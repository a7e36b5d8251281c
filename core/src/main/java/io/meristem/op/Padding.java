package io.meristem.op;

/** What is around an image, which may depend on the image's size. */
public sealed interface Padding permits Padding.Fixed, Padding.Same {

    /** What is around an image of that size. */
    Fixed around(Window window, int rows, int columns);

    /** Rows above and below, columns to the left and to the right. */
    record Fixed(int top, int left, int bottom, int right) implements Padding {

        public Fixed {
            if (Math.min(Math.min(top, left), Math.min(bottom, right)) < 0) {
                throw new IllegalArgumentException("a padding of " + top + ", " + left + ", " + bottom + ", " + right);
            }
        }

        @Override
        public Fixed around(Window window, int rows, int columns) {
            return this;
        }

        /** Whether there is as much on opposite sides, which is what the engine's kernels pad with by themselves. */
        public boolean isSymmetric() {
            return top == bottom && left == right;
        }

        /** One number where all sides have the same. */
        @Override
        public String toString() {
            return isSymmetric() && top == left ? String.valueOf(top) : top + "," + left + "," + bottom + "," + right;
        }
    }

    /**
     * TensorFlow's rule: as many places as the stride allows, {@code ceil(size / stride)}. Where the number of rows that this takes is odd, there is one more below than
     * above, and likewise of columns.
     */
    record Same() implements Padding {

        @Override
        public Fixed around(Window window, int rows, int columns) {
            int vertical = missing(rows, window.height(), window.stride());
            int horizontal = missing(columns, window.width(), window.stride());
            return new Fixed(vertical / 2, horizontal / 2, vertical - vertical / 2, horizontal - horizontal / 2);
        }

        private static int missing(int size, int window, int stride) {
            int places = (size + stride - 1) / stride;
            return Math.max(0, (places - 1) * stride + window - size);
        }

        @Override
        public String toString() {
            return "same";
        }
    }
}
