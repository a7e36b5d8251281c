package io.meristem.adapter;

import io.meristem.engine.Engine;
import io.meristem.engine.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Says that the slices of a trained matrix are linear combinations of those of an earlier one. Maps have one row for each slice now and one column for each before;
 * slices beyond the rows of {@code values} are new.
 *
 * @param of place of the earlier tensor in the list of trained ones before
 * @param dim along which the slices lie: 0 for the rows of an A, 1 for the columns of a B
 * @param values (inherited, before)
 * @param moments (now, before): gradients of the slices now from those before, zeros for new ones
 * @param squares (now, before), none negative: of their squares
 */
record Mixture(int of, int dim, double[][] values, double[][] moments, double[][] squares) implements Inherited {

    @Override
    public Mixture at(int place) {
        return new Mixture(place, dim, values, moments, squares);
    }

    @Override
    public Tensor values(Tensor earlier, Tensor now) {
        Tensor old = mix(values, earlier);
        long more = now.size(dim) - values.length;
        return more == 0 ? old : torch.cat(new TensorVector(old, now.narrow(dim, values.length, more)), dim);
    }

    @Override
    public Tensor moments(Tensor earlier) {
        return mix(moments, earlier);
    }

    @Override
    public Tensor squares(Tensor earlier) {
        return mix(squares, earlier);
    }

    /** In float64; the current scope owns the result, of float32. */
    private Tensor mix(double[][] map, Tensor earlier) {
        double[] flat = new double[map.length * map[0].length];
        for (int i = 0; i < map.length; i++) {
            System.arraycopy(map[i], 0, flat, i * map[0].length, map[0].length);
        }
        Tensor matrix = Engine.onDevice(Tensors.of(flat, map.length, map[0].length));
        Tensor before = earlier.to(ScalarType.Double);
        Tensor mixed = dim == 0 ? matrix.matmul(before) : before.matmul(matrix.t());
        return mixed.to(ScalarType.Float).contiguous();
    }
}
