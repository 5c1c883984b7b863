#version 330 core
// Points as one would write them first: float positions and colours, every point of the sphere.

in vec3 in_position;
in vec3 in_color;

uniform mat4 u_view_projection;
uniform vec3 u_eye;

out vec3 v_color;
out float v_facing;

void main() {
    gl_Position = u_view_projection * vec4(in_position, 1.0);
    gl_PointSize = 2.0;
    v_color = in_color;
    v_facing = dot(in_position, u_eye - in_position);
}
