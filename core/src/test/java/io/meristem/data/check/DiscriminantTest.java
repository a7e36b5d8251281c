package io.meristem.data.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DiscriminantTest {

    @Test
    void theLineLiesWherePriorsAndMeansPutIt() {
        // Means 0 and 4, variance within 1, three times as many of class 0: x = 2 + ln 3 / 4 is the border (here with
        // the shrunk variance, 1).
        double[][] x = {{-1}, {1}, {-1}, {1}, {-1}, {1}, {3}, {5}};
        int[] y = {0, 0, 0, 0, 0, 0, 1, 1};
        Discriminant fit =
                Discriminant.fit(x, y, 2, IntStream.range(0, 8).boxed().toList());
        double border = 2 + Math.log(3) / 4;
        assertEquals(0, fit.answer(new double[] {border - 1e-9}));
        assertEquals(1, fit.answer(new double[] {border + 1e-9}));
    }

    @Test
    void correlatedFeaturesAreSeenThrough() {
        // Each feature alone tells little; their difference tells all.
        Random random = new Random(1);
        double[][] x = new double[400][];
        int[] y = new int[400];
        for (int i = 0; i < x.length; i++) {
            double common = random.nextGaussian();
            y[i] = i % 2;
            x[i] = new double[] {common, common + (y[i] == 0 ? -0.6 : 0.6) + 0.05 * random.nextGaussian(), 7};
        }
        Discriminant fit =
                Discriminant.fit(x, y, 3, IntStream.range(0, 200).boxed().toList());
        List<Integer> wrong = IntStream.range(200, 400)
                .filter(i -> fit.answer(x[i]) != y[i])
                .boxed()
                .toList();
        assertEquals(List.of(), wrong.size() <= 10 ? List.of() : wrong);
    }
}
