package io.meristem.weights;

import io.meristem.Limit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a checkpoint's pickle may name: the containers and tensor builders that PyTorch itself writes into a state dict. A name that is not
 * here does not exist for us; nothing is ever looked up outside this table.
 */
final class TorchGlobals {

    /** Something harmless whose value is of no use here: a device, a size, bytes. */
    static final Object INERT = new Object();

    /** What a name stands for when it is called. */
    @FunctionalInterface
    interface Callable {
        Object call(Object[] arguments);
    }

    /** The class of a storage, which tells its dtype; null for bytes without one. */
    record StorageType(Dtype dtype) {}

    /** A stretch of numbers in the checkpoint, the file's {@code data/key}. */
    record StorageRef(Dtype dtype, String key) {}

    /** A tensor as a view of a storage; lengths in elements. */
    record TensorRef(StorageRef storage, Dtype dtype, long offset, List<Long> size, List<Long> stride) {}

    private static final Map<String, Object> TABLE = table();

    private TorchGlobals() {}

    /** What {@code module.name} stands for, or null when it is not allowed. */
    static Object find(String module, String name) {
        return TABLE.get(module + " " + name);
    }

    private static Map<String, Object> table() {
        Map<String, Object> table = new HashMap<>();
        Map<String, Dtype> storages = Map.of(
                "Double", Dtype.F64,
                "Float", Dtype.F32,
                "Half", Dtype.F16,
                "BFloat16", Dtype.BF16,
                "Long", Dtype.I64,
                "Int", Dtype.I32,
                "Short", Dtype.I16,
                "Char", Dtype.I8,
                "Byte", Dtype.U8,
                "Bool", Dtype.BOOL);
        storages.forEach((name, dtype) -> table.put("torch " + name + "Storage", new StorageType(dtype)));
        table.put("torch.storage UntypedStorage", new StorageType(null));
        Map<String, Dtype> dtypes = Map.of(
                "float64", Dtype.F64,
                "float32", Dtype.F32,
                "float16", Dtype.F16,
                "bfloat16", Dtype.BF16,
                "int64", Dtype.I64,
                "int32", Dtype.I32,
                "int16", Dtype.I16,
                "int8", Dtype.I8,
                "uint8", Dtype.U8,
                "bool", Dtype.BOOL);
        dtypes.forEach((name, dtype) -> table.put("torch " + name, dtype));

        table.put("collections OrderedDict", (Callable) arguments -> {
            expect(arguments.length == 0, "an OrderedDict made from something");
            return new LinkedHashMap<String, Object>();
        });
        table.put("torch._utils _rebuild_tensor_v2", (Callable)
                a -> tensor(a[0], ((StorageRef) a[0]).dtype(), a[1], a[2], a[3]));
        table.put("torch._utils _rebuild_tensor_v3", (Callable) a -> tensor(a[0], a[6], a[1], a[2], a[3]));
        Callable first = arguments -> arguments[0];
        table.put("torch._utils _rebuild_parameter", first);
        table.put("torch._utils _rebuild_parameter_with_state", first);

        Callable inert = arguments -> INERT;
        for (String module : List.of("builtins", "__builtin__")) {
            table.put(module + " set", inert);
            table.put(module + " frozenset", inert);
        }
        // How protocol 2 spells bytes: a text and the codec that turns it into bytes, which need not be done.
        table.put("_codecs encode", inert);
        table.put("torch Size", inert);
        table.put("torch device", inert);
        return Map.copyOf(table);
    }

    private static TensorRef tensor(Object storage, Object dtype, Object offset, Object size, Object stride) {
        expect(dtype instanceof Dtype, "a tensor without a dtype");
        return new TensorRef((StorageRef) storage, (Dtype) dtype, whole(offset), wholes(size), wholes(stride));
    }

    private static List<Long> wholes(Object tuple) {
        Object[] sides = (Object[]) tuple;
        // A tuple is one instruction to name again: without a limit a small pickle could have it copied for ever.
        // One above what TensorInfo allows, so that it says what is wrong.
        expect(sides.length <= Limit.WEIGHTS_DIMENSIONS.value() + 1, "a tensor of too many dimensions");
        List<Long> numbers = new ArrayList<>(sides.length);
        for (Object number : sides) {
            numbers.add(whole(number));
        }
        return numbers;
    }

    private static long whole(Object number) {
        expect(number instanceof Integer || number instanceof Long, "a size that is not a whole number");
        return ((Number) number).longValue();
    }

    private static void expect(boolean condition, String otherwise) {
        if (!condition) {
            throw new IllegalArgumentException(otherwise);
        }
    }
}
