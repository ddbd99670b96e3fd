// Wiring of the annotate page: nothing but construction and connection happens here.
export {};
