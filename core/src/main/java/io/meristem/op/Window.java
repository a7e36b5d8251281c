package io.meristem.op;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/**
 * How convolutions and poolings look at an image: the size of what they see at a time, the step from one place to the next, and what is around the image.
 *
 * @param height rows that are seen at a time
 * @param width columns that are seen at a time
 * @param stride rows, and columns, from one place to the next
 */
public record Window(int height, int width, int stride, Padding padding) {

    public Window {
        if (height < 1 || width < 1 || stride < 1) {
            throw new IllegalArgumentException("a window of " + height + " x " + width + " at a stride of " + stride);
        }
    }

    /** A square one with the same padding on each side. */
    public static Window square(int side, int stride, int padding) {
        return new Window(side, side, stride, new Padding.Fixed(padding, padding, padding, padding));
    }

    /** One of odd height and width at a stride of 1 that gives as many places as the image has. */
    public static Window centred(int height, int width) {
        return new Window(height, width, 1, new Padding.Fixed(height / 2, width / 2, height / 2, width / 2));
    }

    /** A square one padded by TensorFlow's rule. At a stride of 1 an odd one has the same padding at any size, and is a {@link #square}. */
    public static Window same(int side, int stride) {
        return stride == 1 && side % 2 == 1
                ? square(side, 1, side / 2)
                : new Window(side, side, stride, new Padding.Same());
    }

    /** What is around an image of that size. */
    public Padding.Fixed around(long rows, long columns) {
        return padding.around(this, Math.toIntExact(rows), Math.toIntExact(columns));
    }

    /** What is around {@code x}, (N, C, H, W). */
    public Padding.Fixed around(Tensor x) {
        return around(x.size(2), x.size(3));
    }

    /**
     * The shape of a map with a value at each place.
     *
     * @param channels of the map
     * @param x of the image, (C, H, W)
     */
    Shape over(int channels, Shape x) {
        Padding.Fixed around = around(x.size(1), x.size(2));
        return Shape.of(
                channels,
                places(x.size(1) + around.top() + around.bottom(), height),
                places(x.size(2) + around.left() + around.right(), width));
    }

    /** The same where windows count that begin in the padded image and reach beyond it below or to the right. */
    Shape overUpward(int channels, Shape x) {
        Padding.Fixed around = around(x.size(1), x.size(2));
        return Shape.of(
                channels,
                upward(x.size(1), around.top(), around.bottom(), height),
                upward(x.size(2), around.left(), around.right(), width));
    }

    private int upward(int size, int before, int behind, int window) {
        int places = Math.floorDiv(size + before + behind - window + stride - 1, stride) + 1;
        return (places - 1) * stride >= size + before ? places - 1 : places;
    }

    /** How many positions so many places see. */
    int reach(int places, int size) {
        return (places - 1) * stride + size;
    }

    private int places(int size, int window) {
        return Math.floorDiv(size - window, stride) + 1;
    }

    /** How many numbers of one photo, (C, H, W), are copied because kernels cannot pad it by themselves. */
    long padded(Shape x) {
        Padding.Fixed around = around(x.size(1), x.size(2));
        return around.isSymmetric()
                ? 0
                : (long) x.size(0)
                        * (x.size(1) + around.top() + around.bottom())
                        * (x.size(2) + around.left() + around.right());
    }

    /** {@code x}, (N, C, H, W), with {@code value} around it; the caller's scope owns it. */
    static Tensor pad(Tensor x, Padding.Fixed around, double value) {
        return torch.constant_pad_nd(
                x, new long[] {around.left(), around.right(), around.top(), around.bottom()}, new Scalar(value));
    }

    /** What is left of a padded image, (N, C, H', W'), without what is around {@code x}; the caller's scope owns it. */
    static Tensor unpad(Tensor padded, Padding.Fixed around, Tensor x) {
        return padded.narrow(2, around.top(), x.size(2))
                .narrow(3, around.left(), x.size(3))
                .contiguous(MemoryFormat.ChannelsLast);
    }

    long[] size() {
        return new long[] {height, width};
    }

    long[] step() {
        return new long[] {stride, stride};
    }
}
