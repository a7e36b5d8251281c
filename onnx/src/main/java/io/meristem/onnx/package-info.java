/**
 * Networks as ONNX files, and asking such a file. Needs the optional dependencies {@code onnxruntime} and {@code tribuo-util-onnx} of this library on the class
 * path.
 */
package io.meristem.onnx;
