// Wiring of all pages but the annotate page: nothing but construction and connection happens here.
export {};
