/** The part of the ONNX file format that this library reads and writes, as Protocol Buffers. */

import protobuf from "protobufjs";

/**
 * Field numbers are those of onnx.proto (ONNX IR 8 to 11). Unknown fields are skipped on reading.
 *
 * `float_data` and `double_data` are packed on the wire: read as bytes, they need no copy by element.
 */
const schema = `
  syntax = "proto2";
  package onnx;

  message ModelProto {
    optional int64 ir_version = 1;
    optional string producer_name = 2;
    optional string producer_version = 3;
    optional GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
    repeated StringStringEntryProto metadata_props = 14;
  }

  message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }

  message StringStringEntryProto { optional string key = 1; optional string value = 2; }

  message GraphProto {
    repeated NodeProto node = 1;
    optional string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }

  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    optional string name = 3;
    optional string op_type = 4;
    repeated AttributeProto attribute = 5;
    optional string domain = 7;
  }

  message AttributeProto {
    optional string name = 1;
    optional float f = 2;
    optional int64 i = 3;
    optional bytes s = 4;
    optional TensorProto t = 5;
    optional GraphProto g = 6;
    repeated float floats = 7;
    repeated int64 ints = 8;
    repeated bytes strings = 9;
    repeated TensorProto tensors = 10;
    optional int32 type = 20;
  }

  message TensorProto {
    repeated int64 dims = 1;
    optional int32 data_type = 2;
    repeated bytes float_data = 4;
    repeated int32 int32_data = 5 [packed = true];
    repeated int64 int64_data = 7 [packed = true];
    optional string name = 8;
    optional bytes raw_data = 9;
    repeated bytes double_data = 10;
    repeated uint64 uint64_data = 11 [packed = true];
    repeated StringStringEntryProto external_data = 13;
    optional int32 data_location = 14;
  }

  message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }

  message TypeProto {
    message Tensor { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; }
    optional Tensor tensor_type = 1;
  }

  message TensorShapeProto {
    message Dimension {
      oneof value { int64 dim_value = 1; string dim_param = 2; }
    }
    repeated Dimension dim = 1;
  }
`;

const modelType = protobuf.parse(schema, { keepCase: true }).root.lookupType("onnx.ModelProto");

/** A 64-bit integer as the protobuf library gives it. */
export interface Int64 {
  readonly low: number;
  readonly high: number;
  toNumber(): number;
}

/** What may stand for a 64-bit integer when writing; digits when a number would be rounded. */
export type Int64Input = Int64 | number | string;

export interface EntryMessage {
  key?: string;
  value?: string;
}

export interface TensorMessage {
  dims?: Int64Input[];
  data_type?: number;
  float_data?: Uint8Array[];
  int32_data?: number[];
  int64_data?: Int64[];
  name?: string;
  raw_data?: Uint8Array;
  double_data?: Uint8Array[];
  uint64_data?: Int64[];
  external_data?: EntryMessage[];
  data_location?: number;
}

export interface AttributeMessage {
  name?: string;
  f?: number;
  i?: Int64Input;
  s?: Uint8Array;
  t?: TensorMessage;
  g?: GraphMessage;
  floats?: number[];
  ints?: Int64Input[];
  strings?: Uint8Array[];
  tensors?: TensorMessage[];
  type?: number;
}

export interface NodeMessage {
  input?: string[];
  output?: string[];
  name?: string;
  op_type?: string;
  attribute?: AttributeMessage[];
  domain?: string;
}

export interface DimensionMessage {
  dim_value?: Int64Input;
  dim_param?: string;
}

export interface ValueMessage {
  name?: string;
  type?: { tensor_type?: { elem_type?: number; shape?: { dim?: DimensionMessage[] } } };
}

export interface GraphMessage {
  node?: NodeMessage[];
  name?: string;
  initializer?: TensorMessage[];
  input?: ValueMessage[];
  output?: ValueMessage[];
}

export interface ModelMessage {
  ir_version?: Int64Input;
  producer_name?: string;
  producer_version?: string;
  graph?: GraphMessage;
  opset_import?: { domain?: string; version?: Int64Input }[];
  metadata_props?: EntryMessage[];
}

/** The message in the wire format, in an array of its own that may be transferred. */
export function writeModel(message: ModelMessage): Uint8Array<ArrayBuffer> {
  return new Uint8Array(modelType.encode(message).finish());
}

/** The message in `bytes`. Its byte fields are views of `bytes`. */
export function readModel(bytes: Uint8Array): ModelMessage {
  const reader = protobuf.Reader.create(bytes);
  reader.discardUnknown = true;
  return modelType.decode(reader) as ModelMessage;
}

/** Whether the file holds this single field; an absent one reads as zero or empty. */
export function isPresent<M extends object>(message: M, field: keyof M): boolean {
  return Object.hasOwn(message, field);
}
